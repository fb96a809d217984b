// expect: any
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))
uint64_t cf_ebpf_main(void *s) {
    volatile uint8_t *v = __builtin_alloca(rand() & 1023);
    v[0] = 1;
    return v[0];
}
