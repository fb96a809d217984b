// expect: any
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))
static __attribute__((noinline)) uint64_t f(int n, ...) { return n; }
uint64_t cf_ebpf_main(void *s) {
    return f(1, 2, 3);
}
