import Foundation

/// The character set that the terminal is believed to have.
enum LocaleSetup {
    /// Takes up the user's locale, or in the plain C locale one with UTF-8, which terminals have nowadays.
    ///
    /// - Returns: whether the character set is UTF-8.
    static func takeUp(_ environment: [String: String]) -> Bool {
        setlocale(LC_ALL, "")
        if !isUTF8 {
            let names = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }
            if ["C", "POSIX"].contains(names.first { !$0.isEmpty } ?? "C") { setlocale(LC_CTYPE, "C.UTF-8") }
        }
        return isUTF8
    }

    private static var isUTF8: Bool {
        nl_langinfo(nl_item(CODESET)).map { String(cString: $0) } == "UTF-8"
    }
}
