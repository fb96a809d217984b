/* Remembers sources that sent the right word. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    uint8_t status = 0;
    uint64_t expiry = 0;
    if (get_src_ip_status(&status, &expiry) == 0 && status == CF_EBPF_SRC_IP_STATUS_VERIFIED)
        return CF_EBPF_PASS;
    if (packet->packet_buffer[28] == 'k')
        set_src_ip_status(CF_EBPF_SRC_IP_STATUS_VERIFIED, 60);
    return CF_EBPF_DROP;
}
