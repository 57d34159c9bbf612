//! The allocator of components whose target has no libc.
//!
//! The standard library's asks for another page of memory at the first allocation already. For the host that is dear:
//! it has to take the page away again after each job, on all processors at once, which is more work than most jobs are.
//! This one is the same, dlmalloc, but begins with memory that the component has from the start. It is zero and not
//! part of the component's file.

#![allow(unsafe_code, reason = "an allocator hands out raw memory")]

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::memory_grow;
use core::cell::{Cell, UnsafeCell};
use core::ptr;

use dlmalloc::{Allocator, Dlmalloc};

/// Memory that needs not be asked for, in bytes.
const FIRST_BYTES: usize = 2 * PAGE_BYTES;

/// A page of WebAssembly, in bytes.
const PAGE_BYTES: usize = 64 << 10;

#[global_allocator]
static ALLOCATOR: ComponentAllocator =
    ComponentAllocator(UnsafeCell::new(Dlmalloc::new_with_allocator(Memory {
        is_first_used: Cell::new(false),
    })));

static FIRST: First = First(UnsafeCell::new([0; FIRST_BYTES]));

struct ComponentAllocator(UnsafeCell<Dlmalloc<Memory>>);

/// As aligned as everything that dlmalloc hands out.
#[repr(align(16))]
struct First(UnsafeCell<[u8; FIRST_BYTES]>);

/// Where dlmalloc has its memory from.
struct Memory {
    is_first_used: Cell<bool>,
}

// SAFETY: a component of WASI 0.2 has one thread, and dlmalloc calls nothing that would come back here.
unsafe impl Sync for ComponentAllocator {}

// SAFETY: as above; nobody but `Memory` takes its address, once.
unsafe impl Sync for First {}

// SAFETY: dlmalloc keeps the contract of a global allocator, and nobody else refers to it during a call.
unsafe impl GlobalAlloc for ComponentAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { (*self.0.get()).malloc(layout.size(), layout.align()) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        unsafe { (*self.0.get()).calloc(layout.size(), layout.align()) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { (*self.0.get()).free(pointer, layout.size(), layout.align()) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        unsafe { (*self.0.get()).realloc(pointer, layout.size(), layout.align(), size) }
    }
}

// SAFETY: each region is given out once, is nobody else's, and is zero.
unsafe impl Allocator for Memory {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        if size <= FIRST_BYTES && !self.is_first_used.replace(true) {
            return (FIRST.0.get().cast(), FIRST_BYTES, 0);
        }
        let pages = size.div_ceil(PAGE_BYTES);
        match memory_grow::<0>(pages) {
            usize::MAX => (ptr::null_mut(), 0, 0),
            before => {
                let (start, size) = (before * PAGE_BYTES, pages * PAGE_BYTES);
                // The last region of the address space must not end beyond it.
                let size = if start.wrapping_add(size) == 0 { size - 16 } else { size };
                (ptr::with_exposed_provenance_mut(start), size, 0)
            }
        }
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        ptr::null_mut()
    }

    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }

    fn free(&self, _: *mut u8, _: usize) -> bool {
        false
    }

    fn can_release_part(&self, _: u32) -> bool {
        false
    }

    fn allocates_zeros(&self) -> bool {
        true
    }

    fn page_size(&self) -> usize {
        PAGE_BYTES
    }
}
