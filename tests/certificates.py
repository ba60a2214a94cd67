"""Certificates of a test's own, made with openssl: an authority, and servers that it vouches for, or not."""

import subprocess


def make(folder):
    """`ca.pem`; `server` (127.0.0.1), `client`, `named` (localhost), `elsewhere` and `expired`, each with `.pem` and `.key`; `own`, which vouches for itself."""

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    for name in ("ca", "own"):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem", "-days", "2", "-subj",
                f"/CN={name}", "-addext", "keyUsage=critical,keyCertSign", "-addext", "subjectAltName=IP:127.0.0.1")  # fmt: skip
    for name, subject, days in (
        ("server", "IP:127.0.0.1", "2"), ("client", "DNS:client", "2"), ("named", "DNS:localhost", "3"), ("elsewhere", "DNS:elsewhere.example", "2"), ("expired", "IP:127.0.0.1", "-1"),
    ):  # fmt: skip
        (folder / f"{name}.ext").write_text(f"subjectAltName={subject}\n", encoding="ascii")
        openssl(
            "req",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-keyout",
            f"{name}.key",
            "-out",
            f"{name}.csr",
            "-subj",
            f"/CN={name}",
        )
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", f"{name}.pem",
                "-days", days, "-extfile", f"{name}.ext")  # fmt: skip
    return folder
