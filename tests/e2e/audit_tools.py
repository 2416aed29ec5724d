"""What the tests of dn-status audit share: another hand that writes into the database, and what the audit then says."""
import json
import sqlite3


class Auditor:
    """Mixed into a ToolTest."""

    def audit(self, *arguments, code=0):
        """The document of dn-status audit, which must end with this code."""
        done = self.status("audit", "--json", *arguments)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        told = json.loads(done.stdout)
        self.assertEqual(told["exit_code"], code)
        return told

    def alter(self, *statements):
        connection = sqlite3.connect(self.db)
        for sql in statements:
            connection.execute(sql)
        connection.commit()
        connection.close()

    def query(self, sql):
        connection = sqlite3.connect(self.db)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def messages(self, told, *kinds):
        return [f["message"] for f in told["findings"] if not kinds or f["finding"] in kinds]
