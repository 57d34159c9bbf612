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
	@mkdir -p $(BUILD)
	@echo 'int main(void) { return 0; }' | $(CLANG) --target=$(WASM_TARGET) -x c - -o $(BUILD)/probe.wasm 2>$(BUILD)/probe.txt || { \
		cat $(BUILD)/probe.txt; \
		echo "$(CLANG) builds nothing for WebAssembly here. On Debian: apt-get install --no-install-recommends" \
		"clang-22 lld-22 libclang-rt-22-dev-wasm32 wasi-libc. Elsewhere: install wasi-sdk, and say" \
		"CLANG=/opt/wasi-sdk/bin/clang WASM_TARGET=wasm32-wasip1."; exit 1; }
	$(CLANG) $(wasm_flags) -Wall -Wextra $(WASM_FLAGS) -I$(SDK)/bindings $(SOURCES) $(fermata_sources) $(fermata_guest) -o $@

test: $(BUILD)/tests
	$(BUILD)/tests

$(BUILD)/tests: $(SOURCES) $(TESTS) $(fermata_sources) $(fermata_testing) $(fermata_headers) $(MAKEFILE_LIST)
	@mkdir -p $(BUILD)
	$(CC) -std=c11 $(CFLAGS) -I$(SDK)/include $(SOURCES) $(TESTS) $(fermata_sources) $(fermata_testing) -lm -o $@

clean:
	rm -rf $(BUILD) $(NAME).wasm

.PHONY: all module test clean
