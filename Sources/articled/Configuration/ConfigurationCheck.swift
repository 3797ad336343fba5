import ArgumentParser
import Foundation

/// Finds all that is wrong with what was given, wherever: with each value, also one that another wins over, and with
/// what is in force taken together. It asks the parser of the command line, so that a rule needs to be written once.
///
/// The parser takes its time, and nearly always all is right, so what is in force is given to it but once.
struct ConfigurationCheck {
    let sources: SettingSources
    /// What is in force, one of each option.
    let effective: [GivenSetting]
    /// What the parser makes of it; `nil` if it does not take it.
    let settings: Settings?

    init(_ sources: SettingSources) {
        let effective = sources.effective()
        self.init(sources, effective: effective, settings: Self.settings(of: effective))
    }

    /// - Parameters:
    ///   - effective: what is in force.
    ///   - settings: what the parser has made of it.
    init(_ sources: SettingSources, effective: [GivenSetting], settings: Settings?) {
        self.sources = sources
        self.effective = effective
        self.settings = effective.allSatisfy(\.isUnderstood) ? settings : nil
    }

    /// In the order of the file, then the environment, then the command line.
    func problems() -> [ConfigurationProblem] {
        var problems = sources.file?.problems ?? []
        var wrong: Set<GivenSetting> = []
        let accepted = settings == nil ? [] : Set(effective)
        let given = (sources.file?.settings ?? []) + sources.environment + sources.flags
        // What another wins over the parser has not seen yet.
        for setting in given where !accepted.contains(setting) {
            // A list's values for themselves first: each may have its own line.
            var found = setting.parts.compactMap { part in problem(of: part).map { (part.source, $0) } }
            if found.isEmpty { found = problem(of: setting).map { [(setting.source, $0)] } ?? [] }
            guard !found.isEmpty else { continue }
            wrong.insert(setting)
            problems += found.map { ConfigurationProblem($0, key: setting.option.name, $1) }
        }
        let rest = effective.filter { !wrong.contains($0) }
        if settings == nil { problems += contradictions(in: rest) }
        for setting in rest where setting.option.isSecretFile {
            guard let message = setting.values.first.flatMap(SecretFile.problem) else { continue }
            problems.append(ConfigurationProblem(setting.source, key: setting.option.name, message))
        }
        problems += certificateProblems(in: rest, besides: problems)
        return Self.sorted(problems)
    }

    private static func settings(of effective: [GivenSetting]) -> Settings? {
        // Why not is looked for where it matters, with the place of what is to blame.
        try? Serve.parse(effective.flatMap(\.arguments)).settings
    }

    // MARK: - One value

    private func problem(of setting: GivenSetting) -> String? {
        guard setting.isUnderstood else { return "must be true or false" }
        guard let refusal = Refusal(of: [setting]) else { return nil }
        // It may need another, or not go with what stands for one: that is seen with all of them together.
        guard refusal.options.allSatisfy({ $0 == setting.option }) else { return nil }
        return refusal.message(for: setting)
    }

    // MARK: - All of them

    private func contradictions(in settings: [GivenSetting]) -> [ConfigurationProblem] {
        var rest = settings
        var problems: [ConfigurationProblem] = []
        while let refusal = Refusal(of: rest) {
            let named = refusal.options.compactMap { option in rest.first { $0.option == option } }
            // Whoever names none of them has one nevertheless: the one without which there is no such message.
            let culprits =
                named.isEmpty
                ? rest.filter { culprit in Refusal(of: rest.filter { $0 != culprit })?.text != refusal.text } : named
            guard let first = culprits.first else {
                problems.append(ConfigurationProblem(.defaults, key: nil, refusal.text))
                break
            }
            problems.append(
                ConfigurationProblem(first.source, key: first.option.name, refusal.message(for: first)))
            rest.removeAll { culprits.contains($0) }
        }
        return problems
    }

    /// Whether the certificate can be used, and its key, and if so whether they belong together.
    ///
    /// - Parameter others: what has been found; it may be about the key's file.
    private func certificateProblems(
        in settings: [GivenSetting], besides others: [ConfigurationProblem]
    ) -> [ConfigurationProblem] {
        guard let certificate = settings.first(where: { $0.option.name == "tls-cert" }),
            let certificateFile = certificate.values.first,
            let key = settings.first(where: { $0.option.name == "tls-key" }), let keyFile = key.values.first
        else { return [] }
        func problem(_ setting: GivenSetting, _ check: () throws(CertificateError) -> Void) -> ConfigurationProblem? {
            do {
                try check()
                return nil
            } catch {
                return ConfigurationProblem(setting.source, key: setting.option.name, error.description)
            }
        }
        let isKeyBlamed = others.contains { $0.key == key.option.name }
        let problems = [
            problem(certificate) { () throws(CertificateError) in _ = try ServerCertificate.chain(certificateFile) },
            isKeyBlamed
                ? nil : problem(key) { () throws(CertificateError) in _ = try ServerCertificate.key(keyFile) },
        ].compactMap { $0 }
        guard problems.isEmpty, !isKeyBlamed else { return problems }
        let together = problem(certificate) { () throws(CertificateError) in
            _ = try ServerCertificate(certificateFile: certificateFile, keyFile: keyFile, isHTTP2: false)
        }
        return [together].compactMap { $0 }
    }

    /// By place, lines as numbers; what has none of the file's lines comes behind.
    private static func sorted(_ problems: [ConfigurationProblem]) -> [ConfigurationProblem] {
        problems.enumerated().sorted { first, second in
            let (one, other) = (first.element, second.element)
            guard one.line != other.line else { return first.offset < second.offset }
            return (one.line ?? .max) < (other.line ?? .max)
        }.map(\.element)
    }
}

extension GivenSetting {
    /// The parser never sees the value of a flag.
    fileprivate var isUnderstood: Bool { !option.isFlag || ["true", "false"].contains(values.first) }
}

/// Why the parser of the command line does not take some settings.
struct Refusal {
    let text: String
    /// Those that the text names, in its order.
    let options: [SettingOption]

    /// `nil` if it takes them.
    init?(of settings: [GivenSetting]) {
        do {
            _ = try Serve.parse(settings.flatMap(\.arguments))
            return nil
        } catch {
            text = Serve.message(for: error)
        }
        options = text.matches(of: /--([a-z][a-z0-9-]*)/).compactMap { match in
            let name = String(match.1)
            return SettingOption.byName[name]
                ?? (name.hasPrefix("no-") ? SettingOption.byName[String(name.dropFirst(3))] : nil)
        }
    }

    /// The text as somebody should read it who gave a setting elsewhere than on the command line.
    func message(for setting: GivenSetting) -> String {
        if case .flag = setting.source { return text }
        let option = setting.option
        if let match = text.firstMatch(of: /^The value '(.*)' is invalid for '--/.dotMatchesNewlines()) {
            let hint =
                option.allowed.isEmpty
                ? Self.need(of: option) : "it must be one of \(option.allowed.joined(separator: ", "))"
            return "'\(match.1.prefix(100))' can't be used: \(hint)"
        }
        // The place and the key are told already.
        let text = text.hasPrefix("--\(option.name) ") ? String(text.dropFirst(option.name.count + 3)) : text
        // In the file an option has no dashes.
        guard case .file = setting.source else { return text }
        return text.replacing(/--([a-z][a-z0-9-]*)/) { match in
            SettingOption.byName[String(match.1)] == nil ? String(match.0) : String(match.1)
        }
    }

    private static func need(of option: SettingOption) -> String {
        switch option.valueName {
        case "time": "a time is needed, as 250ms, 5s, 2m, 1h or 30d"
        case "limits": "limits are needed, as 10000, 16MiB, 30d, or several kinds with commas between"
        case "bytes": "a number of bytes is needed, as 65536"
        case "number" where option.name == "port": "a number from 0 to 65535 is needed"
        case "number": "a whole number is needed"
        case let word: "\(word.first.map { "aeiou".contains($0) } == true ? "an" : "a") \(word) is needed"
        }
    }
}
