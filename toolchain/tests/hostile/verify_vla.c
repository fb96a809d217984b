// expect: any
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))
uint64_t cf_ebpf_main(void *s) {
    uint64_t n = rand() & 255;
    volatile uint8_t v[n + 1];
    v[n] = 1;
    return v[n];
}
