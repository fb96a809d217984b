/* Hashes nothing at all. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    uint64_t crc = 0;
    hash_crc32(NULL, 8, &crc); // refused: verify.helper_argument
    return crc & 1;
}
