/// A self-signed certificate for `probe.test` and 127.0.0.2, and its key; for tests alone.
///
/// Valid until the year 2126. Made with
/// `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500
/// -subj /CN=probe.test -addext subjectAltName=DNS:probe.test,IP:127.0.0.2`.
enum TestCertificate {
    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBnzCCAUSgAwIBAgIUGEfDCZ4J6YqnUTFgmQDl3E5Qu10wCgYIKoZIzj0EAwIw
        FTETMBEGA1UEAwwKcHJvYmUudGVzdDAgFw0yNjExMjMxMjM5MjZaGA8yMTI2MTAz
        MDEyMzkyNlowFTETMBEGA1UEAwwKcHJvYmUudGVzdDBZMBMGByqGSM49AgEGCCqG
        SM49AwEHA0IABMUK25aCDAB4+AkhDZyoXT0qmmqGDTzybkLVOWeGVwvdntJ3pyrH
        M26QRK2a3Rme5wRXh4qQWF/COmx8S4aRaD6jcDBuMB0GA1UdDgQWBBR0V3Oiud6y
        nlcxChlFZg/zKrXYWjAfBgNVHSMEGDAWgBR0V3Oiud6ynlcxChlFZg/zKrXYWjAP
        BgNVHRMBAf8EBTADAQH/MBsGA1UdEQQUMBKCCnByb2JlLnRlc3SHBH8AAAIwCgYI
        KoZIzj0EAwIDSQAwRgIhAKjont8AAJ2nA8OdMi/kaLzvWtCHBVIdR05Un4WucBan
        AiEAspcnqZFNqjbFOGTVpc1MfG/V1maz4q9G9Nn5eJQe/so=
        -----END CERTIFICATE-----
        """

    static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgMfcSXisZ3YyZuiLS
        Ruq8rtsTUkEr3xB/AZvLKnA2uzShRANCAATFCtuWggwAePgJIQ2cqF09Kppqhg08
        8m5C1TlnhlcL3Z7Sd6cqxzNukEStmt0ZnucEV4eKkFhfwjpsfEuGkWg+
        -----END PRIVATE KEY-----
        """
}
