// expect: compile.asm *
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define A __asm
#define B ".include \"/etc/passwd\""
A(B);
uint64_t cf_ebpf_main(void *state) { return CF_EBPF_PASS; }
