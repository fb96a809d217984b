/* Waits for a byte to change that nobody changes. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    volatile uint8_t *bytes = packet->packet_buffer;
    while (bytes[16] != 3) // warned: verify.unproven_loop
        ;
    return CF_EBPF_PASS;
}
