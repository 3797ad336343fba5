import Foundation
import Yams

#if canImport(Glibc)
    import Glibc
#endif

/// A file of settings: YAML, one mapping, whose keys are the names of the options of `serve`.
///
/// It is read whatever is wrong with it, as far as that goes: what was understood, and everything that is wrong.
struct ConfigurationFile: Sendable {
    let path: String
    /// What was understood, in the file's order.
    private(set) var settings: [GivenSetting] = []
    private(set) var problems: [ConfigurationProblem] = []

    /// What nobody writes by hand is not read.
    private static let maxBytes = 1024 * 1024

    /// Reads a file; if that is not possible this is its one problem.
    init(reading path: String) {
        self.path = path
        do {
            parse(try Self.content(of: path))
        } catch {
            problems = [ConfigurationProblem(file: path, error.message)]
        }
    }

    /// - Parameter path: as problems name it.
    init(path: String, content: Data) {
        self.path = path
        parse(content)
    }

    private struct Unreadable: Error {
        let message: String
    }

    private static func content(of path: String) throws(Unreadable) -> Data {
        // Not blocking, for a pipe would wait for whoever writes.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw Unreadable(message: "can't be read: \(String(cString: strerror(errno))). Check --config")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Unreadable(message: "is no file. Check --config")
        }
        guard let data = try? handle.read(upToCount: maxBytes + 1) ?? Data(), data.count <= maxBytes else {
            throw Unreadable(message: "has more than \(maxBytes) bytes, or can't be read")
        }
        return data
    }

    private mutating func parse(_ content: Data) {
        guard let text = String(validating: content, as: UTF8.self) else {
            let valid = String(decoding: content, as: UTF8.self).prefix { $0 != "\u{FFFD}" }
            return add(valid.count { $0.isNewline } + 1, 1, nil, "the file is not UTF-8")
        }
        read(text)
    }

    private mutating func read(_ text: String) {
        let (unique, repeated) = DuplicateKeys.renamed(in: text)
        let root: Node?
        do {
            root = try Parser(yaml: unique).singleRoot()
        } catch {
            let failure = YAMLFailure(error)
            add(failure.line, failure.column, nil, failure.message)
            return
        }
        guard let root, root.scalar.map({ !$0.string.isEmpty && $0.string != "~" && $0.string != "null" }) ?? true
        else {
            return
        }
        guard let mapping = root.mapping else {
            add(root, nil, "the file must be a list of keys with their values, as: port: 8000")
            return
        }
        for (key, value) in mapping {
            guard let name = key.scalar?.string else {
                add(key, nil, "a key must be the name of an option")
                continue
            }
            if let original = repeated[name] {
                add(key, original.name, "is there twice; the first is in line \(original.firstLine)")
            } else {
                read(name, key, value)
            }
        }
    }

    private mutating func read(_ name: String, _ key: Node, _ value: Node) {
        guard let option = SettingOption.byName[name] else {
            if name == "config" {
                return add(key, name, "a file can't name another; only --config and ARTICLED_CONFIG do")
            }
            let hint = SettingOption.nearest(to: name).map { "; did you mean \($0)?" } ?? ""
            return add(key, name, "there is no such setting\(hint)")
        }
        var scalars: [Node.Scalar] = []
        switch value {
        case .scalar(let scalar):
            guard scalar.style != .plain || !["", "~", "null"].contains(scalar.string) else {
                return add(key, name, "has no value; for the default leave the line out")
            }
            scalars = [scalar]
        case .sequence(let sequence):
            guard option.isList else { return add(value, name, "takes one value, not a list") }
            for node in sequence {
                guard let scalar = node.scalar else { return add(node, name, "is a list of plain values") }
                scalars.append(scalar)
            }
        default:
            return add(
                value, name, option.isList ? "is a list of plain values" : "takes one value, not keys of its own")
        }
        if option.isFlag, let text = scalars.first?.string, !["true", "false"].contains(text) {
            return add(value, name, "must be true or false")
        }
        settings.append(
            GivenSetting(
                option: option, values: scalars.map(\.string), source: place(value.mark ?? key.mark),
                valueSources: scalars.map { place($0.mark) }))
    }

    private func place(_ mark: Mark?) -> SettingSource {
        .file(path: path, line: mark?.line ?? 1, column: mark?.column ?? 1)
    }

    private mutating func add(_ node: Node, _ key: String?, _ message: String) {
        add(node.mark?.line ?? 1, node.mark?.column ?? 1, key, message)
    }

    private mutating func add(_ line: Int, _ column: Int, _ key: String?, _ message: String) {
        problems.append(ConfigurationProblem(.file(path: path, line: line, column: column), key: key, message))
    }
}
