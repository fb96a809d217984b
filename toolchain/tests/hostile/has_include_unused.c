// expect: accepted
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#if 0
#if __has_include("/etc/passwd")
#endif
#include "/etc/passwd"
#endif
#ifdef __has_include
#error there
#endif
uint64_t cf_ebpf_main(void *state) { return CF_EBPF_PASS; }
