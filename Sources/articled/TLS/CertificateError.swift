/// Why a certificate or its key can't be used: what, where, and how to mend it.
struct CertificateError: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
