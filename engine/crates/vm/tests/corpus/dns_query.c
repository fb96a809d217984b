/* Passes DNS questions, drops answers: a fixed header after the UDP header. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    uint8_t *dns = (uint8_t *)(headers.udp + 1);
    if (dns + 12 > headers.data_end)
        return CF_EBPF_DROP;
    return dns[2] & 0x80 ? CF_EBPF_DROP : CF_EBPF_PASS;
}
