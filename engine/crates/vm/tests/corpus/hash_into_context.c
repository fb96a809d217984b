/* Lets a helper write to the context. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    uint64_t key = 1;
    hash_crc32(&key, sizeof(key), state); // refused: verify.helper_argument
    return CF_EBPF_PASS;
}
