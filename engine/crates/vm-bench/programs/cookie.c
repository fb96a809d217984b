/* Guards the demo game. With REQUIRE_COOKIE 1 it passes whatever looks like the game's protocol, which a flood can
 * imitate. With 1 a source has to send back a cookie that only it was sent, which a forged source never sees. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_defs.h"
#include "cf_ebpf_helper.h"

#define REQUIRE_COOKIE 1

#define MAGIC 0x46504731
#define POSITION 1
#define CHALLENGE 3

struct game {
    uint32_t magic;
    uint8_t type;
    uint8_t version;
    uint16_t zero;
    uint32_t session;
    uint32_t sequence;
    uint8_t cookie[8];
    uint8_t body[20];
} __attribute__((packed));

struct source {
    uint32_t address;
    uint32_t port;
};

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    if (packet->ip_header_length != 20 || packet->total_packet_length != 20 + 8 + sizeof(struct game))
        return CF_EBPF_DROP;
    struct game *game = (struct game *)(packet->packet_buffer + 28);
    if (ntohl(game->magic) != MAGIC || game->type != POSITION || game->version != 1 || game->zero != 0)
        return CF_EBPF_DROP;

#if REQUIRE_COOKIE
    struct iphdr *ip = (struct iphdr *)packet->packet_buffer;
    struct udphdr *udp = (struct udphdr *)(packet->packet_buffer + 20);
    struct source source = {ip->saddr, udp->source};
    uint64_t mac[4] = {0};
    if (hmac_sha256(&source, sizeof(source), mac, sizeof(mac)) != sizeof(mac))
        return CF_EBPF_DROP;
    uint64_t cookie;
    __builtin_memcpy(&cookie, game->cookie, sizeof(cookie));
    if (cookie != mac[0]) {
        struct {
            uint32_t magic;
            uint8_t type, version;
            uint16_t zero;
            uint32_t session, sequence;
            uint64_t cookie;
        } answer = {htonl(MAGIC), CHALLENGE, 1, 0, game->session, game->sequence, mac[0]};
        set_challenge(&answer, sizeof(answer));
        set_network_analytics_tag(1);
        return CF_EBPF_DROP;
    }
    set_network_analytics_tag(2);
#endif
    return CF_EBPF_PASS;
}
