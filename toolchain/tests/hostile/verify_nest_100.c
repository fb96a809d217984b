// expect: any
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))
uint64_t cf_ebpf_main(void *s) {
    uint64_t n = 0;
    for (uint64_t i0 = 0;; i0++) { HIDE(i0); if (i0 > 3) break;
    for (uint64_t i1 = 0;; i1++) { HIDE(i1); if (i1 > 3) break;
    for (uint64_t i2 = 0;; i2++) { HIDE(i2); if (i2 > 3) break;
    for (uint64_t i3 = 0;; i3++) { HIDE(i3); if (i3 > 3) break;
    for (uint64_t i4 = 0;; i4++) { HIDE(i4); if (i4 > 3) break;
    for (uint64_t i5 = 0;; i5++) { HIDE(i5); if (i5 > 3) break;
    for (uint64_t i6 = 0;; i6++) { HIDE(i6); if (i6 > 3) break;
    for (uint64_t i7 = 0;; i7++) { HIDE(i7); if (i7 > 3) break;
    for (uint64_t i8 = 0;; i8++) { HIDE(i8); if (i8 > 3) break;
    for (uint64_t i9 = 0;; i9++) { HIDE(i9); if (i9 > 3) break;
    for (uint64_t i10 = 0;; i10++) { HIDE(i10); if (i10 > 3) break;
    for (uint64_t i11 = 0;; i11++) { HIDE(i11); if (i11 > 3) break;
    for (uint64_t i12 = 0;; i12++) { HIDE(i12); if (i12 > 3) break;
    for (uint64_t i13 = 0;; i13++) { HIDE(i13); if (i13 > 3) break;
    for (uint64_t i14 = 0;; i14++) { HIDE(i14); if (i14 > 3) break;
    for (uint64_t i15 = 0;; i15++) { HIDE(i15); if (i15 > 3) break;
    for (uint64_t i16 = 0;; i16++) { HIDE(i16); if (i16 > 3) break;
    for (uint64_t i17 = 0;; i17++) { HIDE(i17); if (i17 > 3) break;
    for (uint64_t i18 = 0;; i18++) { HIDE(i18); if (i18 > 3) break;
    for (uint64_t i19 = 0;; i19++) { HIDE(i19); if (i19 > 3) break;
    for (uint64_t i20 = 0;; i20++) { HIDE(i20); if (i20 > 3) break;
    for (uint64_t i21 = 0;; i21++) { HIDE(i21); if (i21 > 3) break;
    for (uint64_t i22 = 0;; i22++) { HIDE(i22); if (i22 > 3) break;
    for (uint64_t i23 = 0;; i23++) { HIDE(i23); if (i23 > 3) break;
    for (uint64_t i24 = 0;; i24++) { HIDE(i24); if (i24 > 3) break;
    for (uint64_t i25 = 0;; i25++) { HIDE(i25); if (i25 > 3) break;
    for (uint64_t i26 = 0;; i26++) { HIDE(i26); if (i26 > 3) break;
    for (uint64_t i27 = 0;; i27++) { HIDE(i27); if (i27 > 3) break;
    for (uint64_t i28 = 0;; i28++) { HIDE(i28); if (i28 > 3) break;
    for (uint64_t i29 = 0;; i29++) { HIDE(i29); if (i29 > 3) break;
    for (uint64_t i30 = 0;; i30++) { HIDE(i30); if (i30 > 3) break;
    for (uint64_t i31 = 0;; i31++) { HIDE(i31); if (i31 > 3) break;
    for (uint64_t i32 = 0;; i32++) { HIDE(i32); if (i32 > 3) break;
    for (uint64_t i33 = 0;; i33++) { HIDE(i33); if (i33 > 3) break;
    for (uint64_t i34 = 0;; i34++) { HIDE(i34); if (i34 > 3) break;
    for (uint64_t i35 = 0;; i35++) { HIDE(i35); if (i35 > 3) break;
    for (uint64_t i36 = 0;; i36++) { HIDE(i36); if (i36 > 3) break;
    for (uint64_t i37 = 0;; i37++) { HIDE(i37); if (i37 > 3) break;
    for (uint64_t i38 = 0;; i38++) { HIDE(i38); if (i38 > 3) break;
    for (uint64_t i39 = 0;; i39++) { HIDE(i39); if (i39 > 3) break;
    for (uint64_t i40 = 0;; i40++) { HIDE(i40); if (i40 > 3) break;
    for (uint64_t i41 = 0;; i41++) { HIDE(i41); if (i41 > 3) break;
    for (uint64_t i42 = 0;; i42++) { HIDE(i42); if (i42 > 3) break;
    for (uint64_t i43 = 0;; i43++) { HIDE(i43); if (i43 > 3) break;
    for (uint64_t i44 = 0;; i44++) { HIDE(i44); if (i44 > 3) break;
    for (uint64_t i45 = 0;; i45++) { HIDE(i45); if (i45 > 3) break;
    for (uint64_t i46 = 0;; i46++) { HIDE(i46); if (i46 > 3) break;
    for (uint64_t i47 = 0;; i47++) { HIDE(i47); if (i47 > 3) break;
    for (uint64_t i48 = 0;; i48++) { HIDE(i48); if (i48 > 3) break;
    for (uint64_t i49 = 0;; i49++) { HIDE(i49); if (i49 > 3) break;
    for (uint64_t i50 = 0;; i50++) { HIDE(i50); if (i50 > 3) break;
    for (uint64_t i51 = 0;; i51++) { HIDE(i51); if (i51 > 3) break;
    for (uint64_t i52 = 0;; i52++) { HIDE(i52); if (i52 > 3) break;
    for (uint64_t i53 = 0;; i53++) { HIDE(i53); if (i53 > 3) break;
    for (uint64_t i54 = 0;; i54++) { HIDE(i54); if (i54 > 3) break;
    for (uint64_t i55 = 0;; i55++) { HIDE(i55); if (i55 > 3) break;
    for (uint64_t i56 = 0;; i56++) { HIDE(i56); if (i56 > 3) break;
    for (uint64_t i57 = 0;; i57++) { HIDE(i57); if (i57 > 3) break;
    for (uint64_t i58 = 0;; i58++) { HIDE(i58); if (i58 > 3) break;
    for (uint64_t i59 = 0;; i59++) { HIDE(i59); if (i59 > 3) break;
    for (uint64_t i60 = 0;; i60++) { HIDE(i60); if (i60 > 3) break;
    for (uint64_t i61 = 0;; i61++) { HIDE(i61); if (i61 > 3) break;
    for (uint64_t i62 = 0;; i62++) { HIDE(i62); if (i62 > 3) break;
    for (uint64_t i63 = 0;; i63++) { HIDE(i63); if (i63 > 3) break;
    for (uint64_t i64 = 0;; i64++) { HIDE(i64); if (i64 > 3) break;
    for (uint64_t i65 = 0;; i65++) { HIDE(i65); if (i65 > 3) break;
    for (uint64_t i66 = 0;; i66++) { HIDE(i66); if (i66 > 3) break;
    for (uint64_t i67 = 0;; i67++) { HIDE(i67); if (i67 > 3) break;
    for (uint64_t i68 = 0;; i68++) { HIDE(i68); if (i68 > 3) break;
    for (uint64_t i69 = 0;; i69++) { HIDE(i69); if (i69 > 3) break;
    for (uint64_t i70 = 0;; i70++) { HIDE(i70); if (i70 > 3) break;
    for (uint64_t i71 = 0;; i71++) { HIDE(i71); if (i71 > 3) break;
    for (uint64_t i72 = 0;; i72++) { HIDE(i72); if (i72 > 3) break;
    for (uint64_t i73 = 0;; i73++) { HIDE(i73); if (i73 > 3) break;
    for (uint64_t i74 = 0;; i74++) { HIDE(i74); if (i74 > 3) break;
    for (uint64_t i75 = 0;; i75++) { HIDE(i75); if (i75 > 3) break;
    for (uint64_t i76 = 0;; i76++) { HIDE(i76); if (i76 > 3) break;
    for (uint64_t i77 = 0;; i77++) { HIDE(i77); if (i77 > 3) break;
    for (uint64_t i78 = 0;; i78++) { HIDE(i78); if (i78 > 3) break;
    for (uint64_t i79 = 0;; i79++) { HIDE(i79); if (i79 > 3) break;
    for (uint64_t i80 = 0;; i80++) { HIDE(i80); if (i80 > 3) break;
    for (uint64_t i81 = 0;; i81++) { HIDE(i81); if (i81 > 3) break;
    for (uint64_t i82 = 0;; i82++) { HIDE(i82); if (i82 > 3) break;
    for (uint64_t i83 = 0;; i83++) { HIDE(i83); if (i83 > 3) break;
    for (uint64_t i84 = 0;; i84++) { HIDE(i84); if (i84 > 3) break;
    for (uint64_t i85 = 0;; i85++) { HIDE(i85); if (i85 > 3) break;
    for (uint64_t i86 = 0;; i86++) { HIDE(i86); if (i86 > 3) break;
    for (uint64_t i87 = 0;; i87++) { HIDE(i87); if (i87 > 3) break;
    for (uint64_t i88 = 0;; i88++) { HIDE(i88); if (i88 > 3) break;
    for (uint64_t i89 = 0;; i89++) { HIDE(i89); if (i89 > 3) break;
    for (uint64_t i90 = 0;; i90++) { HIDE(i90); if (i90 > 3) break;
    for (uint64_t i91 = 0;; i91++) { HIDE(i91); if (i91 > 3) break;
    for (uint64_t i92 = 0;; i92++) { HIDE(i92); if (i92 > 3) break;
    for (uint64_t i93 = 0;; i93++) { HIDE(i93); if (i93 > 3) break;
    for (uint64_t i94 = 0;; i94++) { HIDE(i94); if (i94 > 3) break;
    for (uint64_t i95 = 0;; i95++) { HIDE(i95); if (i95 > 3) break;
    for (uint64_t i96 = 0;; i96++) { HIDE(i96); if (i96 > 3) break;
    for (uint64_t i97 = 0;; i97++) { HIDE(i97); if (i97 > 3) break;
    for (uint64_t i98 = 0;; i98++) { HIDE(i98); if (i98 > 3) break;
    for (uint64_t i99 = 0;; i99++) { HIDE(i99); if (i99 > 3) break;
    n++;
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
    return n & 1;
}
