/* The first byte chooses whose bucket it is, the second is the cost. */
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
    int64_t allowed;
    if (payload[0] == 1)
        allowed = fp_allow_source(3, 10, 2, payload[1]);
    else if (payload[0] == 2)
        allowed = fp_allow_prefix(3, 10, 2, payload[1]);
    else
        allowed = fp_allow_key(payload[2], 10, 2, payload[1]);
    set_network_analytics_tag((uint64_t)allowed);
    return allowed == 1 ? CF_EBPF_PASS : CF_EBPF_DROP;
}
