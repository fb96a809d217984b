/* Passes a packet with its cookie; tags others with it. */
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
    uint64_t cookie = 0;
    for (int i = 7; i >= 0; i--)
        cookie = cookie << 8 | payload[i];
    if (fp_check_cookie(cookie) == 1)
        return CF_EBPF_PASS;
    set_network_analytics_tag(fp_make_cookie());
    return CF_EBPF_DROP;
}
