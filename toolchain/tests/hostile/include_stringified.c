// expect: preprocess.include 6
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define TEXT(x) #x
#define NAME(x) TEXT(x)
#include NAME(/etc/passwd)
uint64_t cf_ebpf_main(void *state) { return CF_EBPF_PASS; }
