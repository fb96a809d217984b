/* Counts in the second numbers of source and flow; the first ones stay 0. */
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
    uint64_t source = 0, flow = 0, first = 0;
    fp_get_source_word(&source);
    fp_get_flow_word(&flow);
    if (get_src_ip_data(&first) == 0 || get_flow_data(&first) == 0)
        return CF_EBPF_DROP;
    if (fp_set_source_word(source + 1) != 0 || fp_set_flow_word(flow + 1) != 0)
        return CF_EBPF_DROP;
    set_network_analytics_tag((source << 32) + flow);
    return CF_EBPF_PASS;
}
