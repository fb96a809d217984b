// expect: compile.error 4
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
??=include "/etc/passwd"
uint64_t cf_ebpf_main(void *state) { return CF_EBPF_PASS; }
