import { Link } from "@tanstack/react-router";
import { sentence } from "@/api/errors";
import { Button } from "@/ui/Button";
import { Problem } from "@/ui/Feedback";

export function NotFound() {
  return (
    <div className="lonely">
      <h1>There is nothing at this address</h1>
      <p>The page may have been removed, or the address has a typing error.</p>
      <Link to="/" className="button button-primary">
        Go to your programs
      </Link>
    </div>
  );
}

export function Failed({ error }: { error: unknown }) {
  return (
    <div className="lonely">
      <h1>This page stopped working</h1>
      <Problem>{sentence(error)}</Problem>
      <Button kind="primary" onClick={() => window.location.reload()}>
        Load it again
      </Button>
    </div>
  );
}
