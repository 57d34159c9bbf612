# Builds and tests a worker. Its Makefile says NAME, SOURCES and TESTS and includes this file.
#
#   make        NAME.wasm: the component, with the manifest component.toml in it
#   make test   the tests, natively
#   make clean
#
# Settings: CLANG (a clang that knows WebAssembly), WASM_TARGET (wasm32-wasip1 for new versions of wasi-sdk),
# WASM_FLAGS and CFLAGS (more options for both builds, and for the tests), CC, FERMATA, BUILD.

SDK := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
BUILD ?= build
FERMATA ?= fermata
CLANG ?= $(firstword $(foreach version,-22 -21 -20 -19 -18 -17 -16 ,$(shell command -v clang$(version))) clang)
WASM_TARGET ?= wasm32-wasi
CFLAGS ?= -g -Wall -Wextra

fermata_sources := $(wildcard $(SDK)/src/*.c)
fermata_headers := $(wildcard $(SDK)/include/*.h $(SDK)/include/fermata/*.h $(SDK)/src/*.h $(SDK)/src/*/*.h)
fermata_guest := $(wildcard $(SDK)/src/guest/*.c) $(SDK)/bindings/connector.c
fermata_testing := $(wildcard $(SDK)/src/testing/*.c)

# The stack lies below the data: one that overflows ends the job instead of changing the data.
wasm_flags := --target=$(WASM_TARGET) -std=c11 -Os -flto -mexec-model=reactor -I$(SDK)/include \
	-Wl,--stack-first,-z,stack-size=262144,--strip-all -Wno-deprecated

all: $(NAME).wasm

$(NAME).wasm: $(BUILD)/module.wasm component.toml
	$(FERMATA) worker pack $< --wit $(SDK)/../wit --manifest component.toml --output $@

module: $(BUILD)/module.wasm

$(BUILD)/module.wasm: $(SOURCES) $(fermata_sources) $(fermata_guest) $(fermata_headers) $(MAKEFILE_LIST)
	@command -v $(CLANG) >/dev/null || { echo "no clang is here that knows WebAssembly: install it (on Debian clang," \
		"lld, libclang-rt-dev-wasm32 and wasi-libc), or say CLANG=/path/to/wasi-sdk/bin/clang"; exit 1; }
	@mkdir -p $(BUILD)
	$(CLANG) $(wasm_flags) -Wall -Wextra $(WASM_FLAGS) -I$(SDK)/bindings $(SOURCES) $(fermata_sources) $(fermata_guest) -o $@

test: $(BUILD)/tests
	$(BUILD)/tests

$(BUILD)/tests: $(SOURCES) $(TESTS) $(fermata_sources) $(fermata_testing) $(fermata_headers) $(MAKEFILE_LIST)
	@mkdir -p $(BUILD)
	$(CC) -std=c11 $(CFLAGS) -I$(SDK)/include $(SOURCES) $(TESTS) $(fermata_sources) $(fermata_testing) -lm -o $@

clean:
	rm -rf $(BUILD) $(NAME).wasm

.PHONY: all module test clean
