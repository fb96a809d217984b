// expect: compile.asm 4
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
static uint64_t f(void) { __asm__ volatile(".incbin \"/etc/passwd\""); return 0; } uint64_t g(void) { return f(); }
uint64_t cf_ebpf_main(void *state) { return CF_EBPF_PASS; }
