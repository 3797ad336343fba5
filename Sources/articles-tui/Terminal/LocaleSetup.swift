import Foundation

/// The character set that the terminal is believed to have.
enum LocaleSetup {
    /// Takes up the user's locale and tells whether it is UTF-8; in the plain C locale one with UTF-8 is tried, for terminals have it nowadays.
    static func use(_ environment: [String: String]) -> Bool {
        setlocale(LC_ALL, "")
        if !isUTF8 {
            let named = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty } ?? "C"
            if ["C", "POSIX"].contains(named) { setlocale(LC_CTYPE, "C.UTF-8") }
        }
        return isUTF8
    }

    private static var isUTF8: Bool {
        nl_langinfo(nl_item(CODESET)).map { String(cString: $0) } == "UTF-8"
    }
}
