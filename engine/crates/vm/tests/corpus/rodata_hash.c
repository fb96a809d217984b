/* Hashes a string constant. differs: it is read-only data. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
static const volatile uint8_t bytes[16] = "flow protection";
#define word ((const void *)bytes)

uint64_t cf_ebpf_main(void *state) {
    uint64_t crc = 0;
    hash_crc32(word, 16, &crc);
    return crc == 7;
}
