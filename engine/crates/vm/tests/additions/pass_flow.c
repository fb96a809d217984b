/* Declares the flow good for ten seconds; the second byte is the verdict. */
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
    if (payload[0] == 1)
        set_network_analytics_tag((uint64_t)fp_pass_flow(10));
    return payload[1] == 0 ? CF_EBPF_PASS : CF_EBPF_DROP;
}
