/* Every hash and MAC, over an address. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    uint64_t out[8] = {0}, crc = 0, size = 0;
    uint32_t address = headers.udp->source;
    size += hash_md5(&address, 4, out, 16) + hash_sha256(&address, 4, out, 32);
    size += hash_sha512(&address, 4, out, 64) + hash_blake2b512(&address, 4, out, 64);
    size += hash_crc32(&address, 4, &crc) + hmac_sha256(&address, 4, out, 32);
    size += hmac_sha512(&address, 4, out, 64) + hmac_blake2b512(&address, 4, out, 64);
    return size == 344 && out[0] != crc ? CF_EBPF_PASS : CF_EBPF_DROP;
}
