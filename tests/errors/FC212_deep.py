from flowc import FlowSpec, step


class Deep(FlowSpec):
    @step
    def start(self):
        self.next(self.s1)

    @step
    def s1(self):
        self.next(self.s2, foreach="xs")

    @step
    def s2(self):
        self.next(self.s3, foreach="xs")

    @step
    def s3(self):
        self.next(self.s4, foreach="xs")

    @step
    def s4(self):
        self.next(self.s5, foreach="xs")

    @step
    def s5(self):
        self.next(self.s6, foreach="xs")

    @step
    def s6(self):
        self.next(self.s7, foreach="xs")

    @step
    def s7(self):
        self.next(self.s8, foreach="xs")

    @step
    def s8(self):
        self.next(self.s9, foreach="xs")

    @step
    def s9(self):
        self.next(self.s10, foreach="xs")

    @step
    def s10(self):
        self.next(self.s11, foreach="xs")

    @step
    def s11(self):
        self.next(self.s12, foreach="xs")

    @step
    def s12(self):
        self.next(self.s13, foreach="xs")

    @step
    def s13(self):
        self.next(self.s14, foreach="xs")

    @step
    def s14(self):
        self.next(self.s15, foreach="xs")

    @step
    def s15(self):
        self.next(self.s16, foreach="xs")

    @step
    def s16(self):
        self.next(self.s17, foreach="xs")

    @step
    def s17(self):
        self.next(self.s18, foreach="xs")

    @step
    def s18(self):
        self.next(self.s19, foreach="xs")

    @step
    def s19(self):
        self.next(self.s20, foreach="xs")

    @step
    def s20(self):
        self.next(self.s21, foreach="xs")

    @step
    def s21(self):
        self.next(self.s22, foreach="xs")

    @step
    def s22(self):
        self.next(self.s23, foreach="xs")

    @step
    def s23(self):
        self.next(self.s24, foreach="xs")

    @step
    def s24(self):
        self.next(self.s25, foreach="xs")

    @step
    def s25(self):
        self.next(self.s26, foreach="xs")

    @step
    def s26(self):
        self.next(self.s27, foreach="xs")

    @step
    def s27(self):
        self.next(self.s28, foreach="xs")

    @step
    def s28(self):
        self.next(self.s29, foreach="xs")

    @step
    def s29(self):
        self.next(self.s30, foreach="xs")

    @step
    def s30(self):
        self.next(self.s31, foreach="xs")

    @step
    def s31(self):
        self.next(self.s32, foreach="xs")

    @step
    def s32(self):
        self.next(self.s33, foreach="xs")

    @step
    def s33(self):
        self.next(self.s34, foreach="xs")

    @step
    def s34(self):
        self.next(self.s35, foreach="xs")

    @step
    def s35(self):
        self.next(self.s36, foreach="xs")

    @step
    def s36(self):
        self.next(self.s37, foreach="xs")

    @step
    def s37(self):
        self.next(self.s38, foreach="xs")

    @step
    def s38(self):
        self.next(self.s39, foreach="xs")

    @step
    def s39(self):
        self.next(self.s40, foreach="xs")

    @step
    def s40(self):
        self.next(self.s41, foreach="xs")

    @step
    def s41(self):
        self.next(self.s42, foreach="xs")

    @step
    def s42(self):
        self.next(self.s43, foreach="xs")

    @step
    def s43(self):
        self.next(self.s44, foreach="xs")

    @step
    def s44(self):
        self.next(self.s45, foreach="xs")

    @step
    def s45(self):
        self.next(self.s46, foreach="xs")

    @step
    def s46(self):
        self.next(self.s47, foreach="xs")

    @step
    def s47(self):
        self.next(self.s48, foreach="xs")

    @step
    def s48(self):
        self.next(self.s49, foreach="xs")

    @step
    def s49(self):
        self.next(self.s50, foreach="xs")

    @step
    def s50(self):
        self.next(self.s51, foreach="xs")

    @step
    def s51(self):
        self.next(self.s52, foreach="xs")

    @step
    def s52(self):
        self.next(self.s53, foreach="xs")

    @step
    def s53(self):
        self.next(self.s54, foreach="xs")

    @step
    def s54(self):
        self.next(self.s55, foreach="xs")

    @step
    def s55(self):
        self.next(self.s56, foreach="xs")

    @step
    def s56(self):
        self.next(self.s57, foreach="xs")

    @step
    def s57(self):
        self.next(self.s58, foreach="xs")

    @step
    def s58(self):
        self.next(self.s59, foreach="xs")

    @step
    def s59(self):
        self.next(self.s60, foreach="xs")

    @step
    def s60(self):
        self.next(self.s61, foreach="xs")

    @step
    def s61(self):
        self.next(self.s62, foreach="xs")

    @step
    def s62(self):
        self.next(self.s63, foreach="xs")

    @step
    def s63(self):
        self.next(self.s64, foreach="xs")

    @step
    def s64(self):
        self.next(self.s65, foreach="xs")

    @step
    def s65(self):
        self.next(self.s66, foreach="xs")

    @step
    def s66(self):
        self.next(self.s67, foreach="xs")

    @step
    def s67(self):
        self.next(self.s68, foreach="xs")

    @step
    def s68(self):
        self.next(self.s69, foreach="xs")

    @step
    def s69(self):
        self.next(self.s70, foreach="xs")

    @step
    def s70(self):
        self.next(self.s71, foreach="xs")

    @step
    def s71(self):
        self.next(self.s72, foreach="xs")

    @step
    def s72(self):
        self.next(self.s73, foreach="xs")

    @step
    def s73(self):
        self.next(self.s74, foreach="xs")

    @step
    def s74(self):
        self.next(self.s75, foreach="xs")

    @step
    def s75(self):
        self.next(self.s76, foreach="xs")

    @step
    def s76(self):
        self.next(self.s77, foreach="xs")

    @step
    def s77(self):
        self.next(self.s78, foreach="xs")

    @step
    def s78(self):
        self.next(self.s79, foreach="xs")

    @step
    def s79(self):
        self.next(self.s80, foreach="xs")

    @step
    def s80(self):
        self.next(self.s81, foreach="xs")

    @step
    def s81(self):
        self.next(self.s82, foreach="xs")

    @step
    def s82(self):
        self.next(self.s83, foreach="xs")

    @step
    def s83(self):
        self.next(self.s84, foreach="xs")

    @step
    def s84(self):
        self.next(self.s85, foreach="xs")

    @step
    def s85(self):
        self.next(self.s86, foreach="xs")

    @step
    def s86(self):
        self.next(self.s87, foreach="xs")

    @step
    def s87(self):
        self.next(self.s88, foreach="xs")

    @step
    def s88(self):
        self.next(self.s89, foreach="xs")

    @step
    def s89(self):
        self.next(self.s90, foreach="xs")

    @step
    def s90(self):
        self.next(self.s91, foreach="xs")

    @step
    def s91(self):
        self.next(self.s92, foreach="xs")

    @step
    def s92(self):
        self.next(self.s93, foreach="xs")

    @step
    def s93(self):
        self.next(self.s94, foreach="xs")

    @step
    def s94(self):
        self.next(self.s95, foreach="xs")

    @step
    def s95(self):
        self.next(self.s96, foreach="xs")

    @step
    def s96(self):
        self.next(self.s97, foreach="xs")

    @step
    def s97(self):
        self.next(self.s98, foreach="xs")

    @step
    def s98(self):
        self.next(self.s99, foreach="xs")

    @step
    def s99(self):
        self.next(self.s100, foreach="xs")

    @step
    def s100(self):
        self.next(self.s101, foreach="xs")

    @step
    def s101(self):
        self.next(self.body, foreach="xs")  # FC212: step `s101` splits inside 100 other splits

    @step
    def body(self):
        self.next(self.j101)

    @step
    def j101(self, inputs):
        self.next(self.j100)

    @step
    def j100(self, inputs):
        self.next(self.j99)

    @step
    def j99(self, inputs):
        self.next(self.j98)

    @step
    def j98(self, inputs):
        self.next(self.j97)

    @step
    def j97(self, inputs):
        self.next(self.j96)

    @step
    def j96(self, inputs):
        self.next(self.j95)

    @step
    def j95(self, inputs):
        self.next(self.j94)

    @step
    def j94(self, inputs):
        self.next(self.j93)

    @step
    def j93(self, inputs):
        self.next(self.j92)

    @step
    def j92(self, inputs):
        self.next(self.j91)

    @step
    def j91(self, inputs):
        self.next(self.j90)

    @step
    def j90(self, inputs):
        self.next(self.j89)

    @step
    def j89(self, inputs):
        self.next(self.j88)

    @step
    def j88(self, inputs):
        self.next(self.j87)

    @step
    def j87(self, inputs):
        self.next(self.j86)

    @step
    def j86(self, inputs):
        self.next(self.j85)

    @step
    def j85(self, inputs):
        self.next(self.j84)

    @step
    def j84(self, inputs):
        self.next(self.j83)

    @step
    def j83(self, inputs):
        self.next(self.j82)

    @step
    def j82(self, inputs):
        self.next(self.j81)

    @step
    def j81(self, inputs):
        self.next(self.j80)

    @step
    def j80(self, inputs):
        self.next(self.j79)

    @step
    def j79(self, inputs):
        self.next(self.j78)

    @step
    def j78(self, inputs):
        self.next(self.j77)

    @step
    def j77(self, inputs):
        self.next(self.j76)

    @step
    def j76(self, inputs):
        self.next(self.j75)

    @step
    def j75(self, inputs):
        self.next(self.j74)

    @step
    def j74(self, inputs):
        self.next(self.j73)

    @step
    def j73(self, inputs):
        self.next(self.j72)

    @step
    def j72(self, inputs):
        self.next(self.j71)

    @step
    def j71(self, inputs):
        self.next(self.j70)

    @step
    def j70(self, inputs):
        self.next(self.j69)

    @step
    def j69(self, inputs):
        self.next(self.j68)

    @step
    def j68(self, inputs):
        self.next(self.j67)

    @step
    def j67(self, inputs):
        self.next(self.j66)

    @step
    def j66(self, inputs):
        self.next(self.j65)

    @step
    def j65(self, inputs):
        self.next(self.j64)

    @step
    def j64(self, inputs):
        self.next(self.j63)

    @step
    def j63(self, inputs):
        self.next(self.j62)

    @step
    def j62(self, inputs):
        self.next(self.j61)

    @step
    def j61(self, inputs):
        self.next(self.j60)

    @step
    def j60(self, inputs):
        self.next(self.j59)

    @step
    def j59(self, inputs):
        self.next(self.j58)

    @step
    def j58(self, inputs):
        self.next(self.j57)

    @step
    def j57(self, inputs):
        self.next(self.j56)

    @step
    def j56(self, inputs):
        self.next(self.j55)

    @step
    def j55(self, inputs):
        self.next(self.j54)

    @step
    def j54(self, inputs):
        self.next(self.j53)

    @step
    def j53(self, inputs):
        self.next(self.j52)

    @step
    def j52(self, inputs):
        self.next(self.j51)

    @step
    def j51(self, inputs):
        self.next(self.j50)

    @step
    def j50(self, inputs):
        self.next(self.j49)

    @step
    def j49(self, inputs):
        self.next(self.j48)

    @step
    def j48(self, inputs):
        self.next(self.j47)

    @step
    def j47(self, inputs):
        self.next(self.j46)

    @step
    def j46(self, inputs):
        self.next(self.j45)

    @step
    def j45(self, inputs):
        self.next(self.j44)

    @step
    def j44(self, inputs):
        self.next(self.j43)

    @step
    def j43(self, inputs):
        self.next(self.j42)

    @step
    def j42(self, inputs):
        self.next(self.j41)

    @step
    def j41(self, inputs):
        self.next(self.j40)

    @step
    def j40(self, inputs):
        self.next(self.j39)

    @step
    def j39(self, inputs):
        self.next(self.j38)

    @step
    def j38(self, inputs):
        self.next(self.j37)

    @step
    def j37(self, inputs):
        self.next(self.j36)

    @step
    def j36(self, inputs):
        self.next(self.j35)

    @step
    def j35(self, inputs):
        self.next(self.j34)

    @step
    def j34(self, inputs):
        self.next(self.j33)

    @step
    def j33(self, inputs):
        self.next(self.j32)

    @step
    def j32(self, inputs):
        self.next(self.j31)

    @step
    def j31(self, inputs):
        self.next(self.j30)

    @step
    def j30(self, inputs):
        self.next(self.j29)

    @step
    def j29(self, inputs):
        self.next(self.j28)

    @step
    def j28(self, inputs):
        self.next(self.j27)

    @step
    def j27(self, inputs):
        self.next(self.j26)

    @step
    def j26(self, inputs):
        self.next(self.j25)

    @step
    def j25(self, inputs):
        self.next(self.j24)

    @step
    def j24(self, inputs):
        self.next(self.j23)

    @step
    def j23(self, inputs):
        self.next(self.j22)

    @step
    def j22(self, inputs):
        self.next(self.j21)

    @step
    def j21(self, inputs):
        self.next(self.j20)

    @step
    def j20(self, inputs):
        self.next(self.j19)

    @step
    def j19(self, inputs):
        self.next(self.j18)

    @step
    def j18(self, inputs):
        self.next(self.j17)

    @step
    def j17(self, inputs):
        self.next(self.j16)

    @step
    def j16(self, inputs):
        self.next(self.j15)

    @step
    def j15(self, inputs):
        self.next(self.j14)

    @step
    def j14(self, inputs):
        self.next(self.j13)

    @step
    def j13(self, inputs):
        self.next(self.j12)

    @step
    def j12(self, inputs):
        self.next(self.j11)

    @step
    def j11(self, inputs):
        self.next(self.j10)

    @step
    def j10(self, inputs):
        self.next(self.j9)

    @step
    def j9(self, inputs):
        self.next(self.j8)

    @step
    def j8(self, inputs):
        self.next(self.j7)

    @step
    def j7(self, inputs):
        self.next(self.j6)

    @step
    def j6(self, inputs):
        self.next(self.j5)

    @step
    def j5(self, inputs):
        self.next(self.j4)

    @step
    def j4(self, inputs):
        self.next(self.j3)

    @step
    def j3(self, inputs):
        self.next(self.j2)

    @step
    def j2(self, inputs):
        self.next(self.j1)

    @step
    def j1(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
