// expect: any
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))
uint64_t cf_ebpf_main(void *s) {
    struct cf_ebpf_packet_data *p;
    struct cf_ebpf_parsed_headers h;
    if (parse_packet_data(s, &p, &h) != 0)
        return CF_EBPF_DROP;
    uint8_t *payload = (uint8_t *)(h.udp + 1);
    if (p->packet_buffer[0] > 0) {
    if (p->packet_buffer[1] > 1) {
    if (p->packet_buffer[2] > 2) {
    if (p->packet_buffer[3] > 3) {
    if (p->packet_buffer[4] > 4) {
    if (p->packet_buffer[5] > 5) {
    if (p->packet_buffer[6] > 6) {
    if (p->packet_buffer[7] > 7) {
    if (p->packet_buffer[8] > 8) {
    if (p->packet_buffer[9] > 9) {
    if (p->packet_buffer[10] > 10) {
    if (p->packet_buffer[11] > 11) {
    if (p->packet_buffer[12] > 12) {
    if (p->packet_buffer[13] > 13) {
    if (p->packet_buffer[14] > 14) {
    if (p->packet_buffer[15] > 15) {
    if (p->packet_buffer[16] > 16) {
    if (p->packet_buffer[17] > 17) {
    if (p->packet_buffer[18] > 18) {
    if (p->packet_buffer[19] > 19) {
    if (p->packet_buffer[20] > 20) {
    if (p->packet_buffer[21] > 21) {
    if (p->packet_buffer[22] > 22) {
    if (p->packet_buffer[23] > 23) {
    if (p->packet_buffer[24] > 24) {
    if (p->packet_buffer[25] > 25) {
    if (p->packet_buffer[26] > 26) {
    if (p->packet_buffer[27] > 27) {
    if (p->packet_buffer[28] > 28) {
    if (p->packet_buffer[29] > 29) {
    if (p->packet_buffer[30] > 30) {
    if (p->packet_buffer[31] > 31) {
    if (p->packet_buffer[32] > 32) {
    if (p->packet_buffer[33] > 33) {
    if (p->packet_buffer[34] > 34) {
    if (p->packet_buffer[35] > 35) {
    if (p->packet_buffer[36] > 36) {
    if (p->packet_buffer[37] > 37) {
    if (p->packet_buffer[38] > 38) {
    if (p->packet_buffer[39] > 39) {
    if (p->packet_buffer[40] > 40) {
    if (p->packet_buffer[41] > 41) {
    if (p->packet_buffer[42] > 42) {
    if (p->packet_buffer[43] > 43) {
    if (p->packet_buffer[44] > 44) {
    if (p->packet_buffer[45] > 45) {
    if (p->packet_buffer[46] > 46) {
    if (p->packet_buffer[47] > 47) {
    if (p->packet_buffer[48] > 48) {
    if (p->packet_buffer[49] > 49) {
    if (p->packet_buffer[50] > 50) {
    if (p->packet_buffer[51] > 51) {
    if (p->packet_buffer[52] > 52) {
    if (p->packet_buffer[53] > 53) {
    if (p->packet_buffer[54] > 54) {
    if (p->packet_buffer[55] > 55) {
    if (p->packet_buffer[56] > 56) {
    if (p->packet_buffer[57] > 57) {
    if (p->packet_buffer[58] > 58) {
    if (p->packet_buffer[59] > 59) {
    if (p->packet_buffer[60] > 60) {
    if (p->packet_buffer[61] > 61) {
    if (p->packet_buffer[62] > 62) {
    if (p->packet_buffer[63] > 63) {
    if (p->packet_buffer[64] > 64) {
    if (p->packet_buffer[65] > 65) {
    if (p->packet_buffer[66] > 66) {
    if (p->packet_buffer[67] > 67) {
    if (p->packet_buffer[68] > 68) {
    if (p->packet_buffer[69] > 69) {
    if (p->packet_buffer[70] > 70) {
    if (p->packet_buffer[71] > 71) {
    if (p->packet_buffer[72] > 72) {
    if (p->packet_buffer[73] > 73) {
    if (p->packet_buffer[74] > 74) {
    if (p->packet_buffer[75] > 75) {
    if (p->packet_buffer[76] > 76) {
    if (p->packet_buffer[77] > 77) {
    if (p->packet_buffer[78] > 78) {
    if (p->packet_buffer[79] > 79) {
    if (p->packet_buffer[80] > 80) {
    if (p->packet_buffer[81] > 81) {
    if (p->packet_buffer[82] > 82) {
    if (p->packet_buffer[83] > 83) {
    if (p->packet_buffer[84] > 84) {
    if (p->packet_buffer[85] > 85) {
    if (p->packet_buffer[86] > 86) {
    if (p->packet_buffer[87] > 87) {
    if (p->packet_buffer[88] > 88) {
    if (p->packet_buffer[89] > 89) {
    if (p->packet_buffer[90] > 90) {
    if (p->packet_buffer[91] > 91) {
    if (p->packet_buffer[92] > 92) {
    if (p->packet_buffer[93] > 93) {
    if (p->packet_buffer[94] > 94) {
    if (p->packet_buffer[95] > 95) {
    if (p->packet_buffer[96] > 96) {
    if (p->packet_buffer[97] > 97) {
    if (p->packet_buffer[98] > 98) {
    if (p->packet_buffer[99] > 99) {
    return 1;
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
    return 0;
}
