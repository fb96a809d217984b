/* At most 100 packets a second from a source, and a count of packets for each flow. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    uint64_t seen = 0;
    get_flow_data(&seen);
    set_flow_data(seen + 1);
    uint64_t data = 0, now = timestamp();
    if (get_src_ip_data(&data) != 0 || data >> 32 != (now & 0xffffffff))
        data = now << 32;
    if ((data & 0xffffffff) >= 100)
        return CF_EBPF_DROP;
    set_src_ip_data(data + 1);
    return CF_EBPF_PASS;
}
