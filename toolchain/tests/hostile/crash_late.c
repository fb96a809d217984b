// expect: compile.error *
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#pragma clang __debug llvm_fatal_error
uint64_t cf_ebpf_main(void *state) { return CF_EBPF_PASS; }
