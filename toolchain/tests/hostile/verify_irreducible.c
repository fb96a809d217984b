// expect: any
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))
uint64_t cf_ebpf_main(void *s) {
    uint64_t x = rand();
    if (x & 1) goto b;
a: HIDE(x); x += 3; if (x == 9) goto c;
b: HIDE(x); x -= 2; if (x != 4) goto a;
c: return x & 1;
}
