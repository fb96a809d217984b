// expect: preprocess.include 5
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#pragma clang diagnostic ignored "-Weverything"
#include "/etc/passwd"
uint64_t cf_ebpf_main(void *state) { return CF_EBPF_PASS; }
