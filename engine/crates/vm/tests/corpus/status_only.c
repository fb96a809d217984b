/* Reads a status without its expiry. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    uint8_t status = 0;
    get_src_ip_status(&status, NULL);
    return status == CF_EBPF_SRC_IP_STATUS_BLOCKLISTED;
}
