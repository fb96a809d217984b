/* Says that a buffer is larger than it is. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    uint64_t key = 1, digest[2] = {0};
    hash_sha256(&key, sizeof(key), digest, 4096); // refused: verify.stack
    return digest[0] & 1;
}
