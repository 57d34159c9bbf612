//! What only the inside of the store can show.

mod faults;
mod plans;
mod space;
