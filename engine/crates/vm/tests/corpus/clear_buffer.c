/* Clears a buffer that is large enough for clang to want memset. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    uint8_t buffer[1024];
    __builtin_memset(buffer, 0, sizeof(buffer));
    return hash_crc32(buffer, sizeof(buffer), (uint64_t *)buffer) & 1;
}
