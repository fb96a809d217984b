/* Hashes zero bytes. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))

uint64_t cf_ebpf_main(void *state) {
    uint64_t crc = 0, none = 0;
    HIDE(none);
    hash_crc32(&crc, none & 7, &crc); // refused: verify.size
    return crc & 1;
}
