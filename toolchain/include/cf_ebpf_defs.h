/* Types of a FlowProtect program: the packet, its parsed headers and the verdicts. Layouts are fixed. */
#ifndef CF_EBPF_DEFS_H
#define CF_EBPF_DEFS_H

typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
typedef unsigned int uint32_t;
typedef unsigned long uint64_t;
typedef signed char int8_t;
typedef short int16_t;
typedef int int32_t;
typedef long int64_t;
typedef unsigned long size_t;
typedef unsigned long uintptr_t;
#ifndef NULL
#define NULL ((void *)0)
#endif

#define CF_EBPF_PASS 0
#define CF_EBPF_DROP 1

#define CF_EBPF_SRC_IP_STATUS_NONE 0
#define CF_EBPF_SRC_IP_STATUS_CHALLENGED 1
#define CF_EBPF_SRC_IP_STATUS_VERIFIED 2
#define CF_EBPF_SRC_IP_STATUS_BLOCKLISTED 3

/* RFC 791, in Linux's names. All fields of more than a byte are in network order. */
struct iphdr {
    uint8_t ihl : 4, version : 4;
    uint8_t tos;
    uint16_t tot_len;
    uint16_t id;
    uint16_t frag_off;
    uint8_t ttl;
    uint8_t protocol;
    uint16_t check;
    uint32_t saddr;
    uint32_t daddr;
};

struct in6_addr {
    union {
        uint8_t u6_addr8[16];
        uint16_t u6_addr16[8];
        uint32_t u6_addr32[4];
    } in6_u;
};
#define s6_addr in6_u.u6_addr8
#define s6_addr16 in6_u.u6_addr16
#define s6_addr32 in6_u.u6_addr32

/* RFC 8200. */
struct ipv6hdr {
    uint8_t priority : 4, version : 4;
    uint8_t flow_lbl[3];
    uint16_t payload_len;
    uint8_t nexthdr;
    uint8_t hop_limit;
    struct in6_addr saddr;
    struct in6_addr daddr;
};

/* RFC 768. */
struct udphdr {
    uint16_t source;
    uint16_t dest;
    uint16_t len;
    uint16_t check;
};

/* What cf_ebpf_main gets: the packet lies between data and data_end. */
struct cf_ebpf_generic_ctx {
    uint64_t data;
    uint64_t data_end;
    uint64_t metadata;
};

/* packet_buffer starts with the IP header; bytes past total_packet_length are zero. */
struct cf_ebpf_packet_data {
    size_t total_packet_length;
    size_t ip_header_length;
    uint8_t packet_buffer[1500];
};

/* One of ipv4 and ipv6 is null. data_end is the first byte after the packet. */
struct cf_ebpf_parsed_headers {
    struct iphdr *ipv4;
    struct ipv6hdr *ipv6;
    struct udphdr *udp;
    uint8_t *data_end;
};

#endif
