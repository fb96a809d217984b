/* Asks every new source to prove that it receives what is sent to it. The client answers the challenge by putting the
 * cookie into the first 8 bytes of its payload; a forged source address never sees the cookie. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_defs.h"
#include "cf_ebpf_helper.h"

#define VERIFIED_SECONDS 600

struct source {
    uint32_t address;
    uint32_t port;
};

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    if (packet->ip_header_length != 20 || headers.ipv4 == NULL)
        return CF_EBPF_DROP;

    uint8_t status = CF_EBPF_SRC_IP_STATUS_NONE;
    uint64_t expiry = 0;
    get_src_ip_status(&status, &expiry);
    if (status == CF_EBPF_SRC_IP_STATUS_VERIFIED)
        return CF_EBPF_PASS;

    struct iphdr *ip = (struct iphdr *)packet->packet_buffer;
    struct udphdr *udp = (struct udphdr *)(packet->packet_buffer + 20);
    struct source source = {ip->saddr, udp->source};
    uint64_t mac[4] = {0};
    if (hmac_sha256(&source, sizeof(source), mac, sizeof(mac)) != sizeof(mac))
        return CF_EBPF_DROP;

    if (packet->total_packet_length >= 28 + sizeof(uint64_t)) {
        uint64_t cookie;
        __builtin_memcpy(&cookie, packet->packet_buffer + 28, sizeof(cookie));
        if (cookie == mac[0]) {
            set_src_ip_status(CF_EBPF_SRC_IP_STATUS_VERIFIED, VERIFIED_SECONDS);
            set_network_analytics_tag(2);
            return CF_EBPF_PASS;
        }
    }
    set_challenge(mac, sizeof(uint64_t));
    set_network_analytics_tag(1);
    return CF_EBPF_DROP;
}
