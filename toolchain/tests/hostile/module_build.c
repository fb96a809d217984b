// expect: preprocess.include *
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#pragma clang module build m
module m { header "/etc/passwd" }
#pragma clang module contents
#pragma clang module begin m
#pragma clang module end
#pragma clang module endbuild
uint64_t cf_ebpf_main(void *state) { return CF_EBPF_PASS; }
