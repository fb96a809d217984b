// expect: compile.asm 4
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
void f(void) { if (0) return; __asm__ volatile("r0 = 0"); }
uint64_t cf_ebpf_main(void *state) { return CF_EBPF_PASS; }
