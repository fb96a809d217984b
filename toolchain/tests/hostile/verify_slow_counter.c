// expect: any
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))
uint64_t cf_ebpf_main(void *s) {
    uint64_t n = 0;
    for (uint64_t i = 1; i; i = i * 3 + 1) { HIDE(i); n++; }
    return n & 1;
}
