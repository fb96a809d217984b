// expect: preprocess.include 6
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define __has_include(x) 1
#undef __has_include
#if __has_include("/etc/passwd")
#endif
uint64_t cf_ebpf_main(void *state) { return CF_EBPF_PASS; }
