import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { logIn } from "@/api/accounts";
import { sentence } from "@/api/errors";
import { ME } from "@/app/session";
import { useTitle } from "@/app/useTitle";
import { Button } from "@/ui/Button";
import { Problem } from "@/ui/Feedback";
import { TextField } from "@/ui/Field";
import { Logo } from "@/ui/Icon";

/** Only addresses of this site: one that begins with // would lead elsewhere. */
export function safeNext(next: string | undefined): string {
  return next && /^\/(?![/\\])/.test(next) && !next.startsWith("/login") ? next : "/";
}

export function LoginPage() {
  useTitle("Log in");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const { next } = useSearch({ strict: false }) as { next?: string };
  const queries = useQueryClient();
  const router = useRouter();
  const run = useMutation({
    mutationFn: () => logIn(email.trim(), password),
    onSuccess: (me) => {
      queries.clear();
      queries.setQueryData(ME, me);
      router.history.push(safeNext(next));
    },
  });
  return (
    <main className="login">
      <form
        className="login-card"
        onSubmit={(event) => {
          event.preventDefault();
          run.mutate();
        }}
      >
        <Logo size={40} />
        <h1>Log in to FlowProtect</h1>
        <p className="muted">Packet filters in C, proven safe, on every edge node within a second.</p>
        <TextField
          label="Email"
          type="email"
          autoComplete="username"
          required
          autoFocus
          value={email}
          onChange={setEmail}
          testId="login-email"
        />
        <TextField
          label="Password"
          type="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={setPassword}
          testId="login-password"
        />
        {run.isError && <Problem>{sentence(run.error)}</Problem>}
        <Button type="submit" kind="primary" busy={run.isPending} data-testid="login-submit">
          Log in
        </Button>
      </form>
    </main>
  );
}
