/* Lets each source address send a number of packets a second. The count lives in the source's own 64 bits:
 * the second in the upper half, the packets seen in it in the lower half. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_defs.h"
#include "cf_ebpf_helper.h"

#define PACKETS_A_SECOND 200

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;

    uint64_t now = (uint64_t)timestamp();
    uint64_t seen = 0;
    get_src_ip_data(&seen);

    uint64_t second = seen >> 32;
    uint64_t packets = seen & 0xffffffff;
    if (second != (now & 0xffffffff))
        packets = 0;
    if (packets >= PACKETS_A_SECOND) {
        set_network_analytics_tag(1);
        return CF_EBPF_DROP;
    }
    set_src_ip_data(((now & 0xffffffff) << 32) | (packets + 1));
    return CF_EBPF_PASS;
}
