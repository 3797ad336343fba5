import Core
import Foundation
import NIOCore
import NIOSSL

/// A certificate chain and its key, read from files and found to belong together.
struct ServerCertificate: Sendable {
    let file: String
    /// What handshakes are made with.
    let context: NIOSSLContext
    /// What it is for: names and addresses.
    let names: [String]
    let notBefore: Timestamp
    let notAfter: Timestamp

    /// A warning begins so long before the end, in milliseconds: renewals are made earlier.
    private static let warnedAhead: Int64 = 14 * 24 * 3_600_000

    /// Versions before 1.2 are not spoken (RFC 8996).
    ///
    /// - Parameters:
    ///   - certificateFile: PEM; the server's own certificate first, then those that lead to a root.
    ///   - keyFile: PEM, not encrypted.
    ///   - isHTTP2: whether HTTP/2 is offered.
    /// - Throws: ``CertificateError``.
    init(certificateFile: String, keyFile: String, isHTTP2: Bool) throws(CertificateError) {
        let chain = try Self.chain(certificateFile)
        let key = try Self.key(keyFile)
        let own = chain[0]
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = isHTTP2 ? ["h2", "http/1.1"] : ["http/1.1"]
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch NIOSSLError.failedToLoadPrivateKey {
            // It was read, so it can only be another's.
            throw CertificateError(
                "The key \(keyFile) is not that of the certificate \(certificateFile), which must be the first in its file. "
                    + "Name a pair that belongs together with --tls-cert and --tls-key.")
        } catch {
            throw CertificateError(
                "The certificate \(certificateFile) can't be used with the key \(keyFile): \(error).")
        }
        file = certificateFile
        names = own.names
        notBefore = Timestamp(milliseconds: Int64(own.notValidBefore) * 1000)
        notAfter = Timestamp(milliseconds: Int64(own.notValidAfter) * 1000)
    }

    /// Reads a certificate and those that lead to a root.
    ///
    /// - Throws: ``CertificateError``.
    static func chain(_ path: String) throws(CertificateError) -> [NIOSSLCertificate] {
        let bytes: Data
        do {
            bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw CertificateError(
                "The certificate \(path) can't be read: \(error.localizedDescription) Name another with --tls-cert.")
        }
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(Array(bytes)), !chain.isEmpty else {
            throw CertificateError(
                "The file \(path) has no certificate in PEM (-----BEGIN CERTIFICATE-----). Name another with --tls-cert."
            )
        }
        return chain
    }

    /// Reads a private key.
    ///
    /// - Throws: ``CertificateError``.
    static func key(_ path: String) throws(CertificateError) -> NIOSSLPrivateKey {
        let bytes = try PrivateKeyFile.content(path)
        if let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) { return key }
        if String(decoding: bytes, as: UTF8.self).contains("ENCRYPTED") {
            throw CertificateError(
                "The key \(path) is encrypted, and nobody can be asked for its passphrase. "
                    + "Decrypt it with openssl pkey, into a file that only the daemon can read.")
        }
        throw CertificateError(
            "The file \(path) has no private key in PEM (-----BEGIN PRIVATE KEY-----). Name another with --tls-key.")
    }

    /// What is wrong with the time that it is for; `nil` if nothing is.
    func problem(at now: Timestamp) -> String? {
        if now.milliseconds > notAfter.milliseconds {
            return "The certificate has expired: clients will refuse it"
        }
        if now.milliseconds < notBefore.milliseconds {
            return "The certificate is not valid yet: clients will refuse it"
        }
        return now.milliseconds > notAfter.milliseconds - Self.warnedAhead ? "The certificate expires soon" : nil
    }

    /// For the log and for people.
    var summary: String { "\(names.joined(separator: ", ")) until \(notAfter)" }
}

extension NIOSSLCertificate {
    /// The names and addresses that it is for (RFC 5280 section 4.2.1.6), names first.
    var names: [String] {
        var (names, addresses): ([String], [String]) = ([], [])
        for name in _subjectAlternativeNames() {
            switch name.nameType {
            case .dnsName: names.append(String(decoding: name.contents, as: UTF8.self))
            case .ipAddress:
                let address = try? SocketAddress(packedIPAddress: ByteBuffer(bytes: name.contents), port: 0)
                if let text = address?.ipAddress { addresses.append(text) }
            default: break
            }
        }
        return names + addresses
    }
}
