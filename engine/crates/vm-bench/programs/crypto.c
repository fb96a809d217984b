/* A MAC over the first 32 bytes of the payload has to follow them, and a hash of it decides on a sample. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    uint8_t *payload = (uint8_t *)(headers.udp + 1);
    if (payload + 40 > headers.data_end)
        return CF_EBPF_DROP;
    uint64_t mac[4] = {0}, digest[4] = {0};
    if (hmac_sha256(payload, 32, mac, sizeof(mac)) != sizeof(mac))
        return CF_EBPF_DROP;
    if (hash_sha256(mac, sizeof(mac), digest, sizeof(digest)) != sizeof(digest))
        return CF_EBPF_DROP;
    set_network_analytics_tag(digest[0] & 7);
    return *(uint32_t *)(payload + 32) == (uint32_t)mac[0] ? CF_EBPF_PASS : CF_EBPF_DROP;
}
