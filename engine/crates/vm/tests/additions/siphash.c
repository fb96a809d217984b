/* Tags with the hash of the payload's first 8 bytes. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#include "flowprotect_abi.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *p;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &p, &headers) != 0)
        return CF_EBPF_DROP;
    uint8_t *payload = (uint8_t *)(headers.udp + 1);
    if (payload + 8 > headers.data_end)
        return CF_EBPF_DROP;
    uint64_t hash = 0;
    if (fp_siphash(payload, 8, &hash) != 8)
        return CF_EBPF_DROP;
    set_network_analytics_tag(hash);
    return CF_EBPF_PASS;
}
